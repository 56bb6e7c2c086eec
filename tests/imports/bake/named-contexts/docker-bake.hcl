variable "BASE_TAG" { default = "24.04" }
target "base" {
  contexts = { os = "docker-image://ubuntu:${BASE_TAG}", conf = "./etc" }
  context = "base"
  tags = ["acme/base:${BASE_TAG}"]
}
target "app" {
  name = "app-${a}"
  matrix = { a = ["one", "two", "three"] }
  context = "apps/${a}"
  contexts = { base = "target:base", shared = "./shared/${a}" }
  tags = ["acme/${a}:${BASE_TAG}"]
}
