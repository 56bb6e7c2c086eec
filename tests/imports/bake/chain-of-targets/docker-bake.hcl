variable "TAG" { default = "1" }
target "deps" {
  target = "deps"
  tags = ["acme/deps:${TAG}"]
}
target "build" {
  contexts = { deps = "target:deps" }
  target = "build"
}
target "runtime" {
  contexts = { build = "target:build", "debian:12" = "docker-image://debian:12.5" }
  dockerfile = "runtime.Dockerfile"
  tags = ["acme/runtime:${TAG}"]
}
group "default" { targets = ["runtime"] }
