variable "TAG" { default = "1.0" }
variable "OUTPUT" { default = "" }
variable "RELEASE" { default = false }
target "settings" {
  inherits = ["settings"]
  args = { TAG = TAG }
}
target "app" {
  inherits = ["settings"]
  tags = ["acme/app:${TAG}"]
  output = ["${OUTPUT}"]
}
target "web" {
  inherits = ["settings", "web"]
  tags = ["acme/web:${TAG}"]
  output = [RELEASE ? "type=registry" : ""]
}
