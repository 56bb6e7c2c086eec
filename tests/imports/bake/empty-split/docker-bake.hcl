variable "TAGS" {}

target "app" {
  name   = "app-${v}"
  matrix = { v = ["slim", "full"] }
  args   = { V = v }
  tags   = [for t in split(",", TAGS) : "acme/app:${v}-${t}"]
}

target "tool" {
  tags = [for t in split(",", TAGS) : "acme/tool:${t}"]
}

group "default" {
  targets = ["app", "tool"]
}
