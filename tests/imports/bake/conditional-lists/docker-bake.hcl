variable "TAG" { default = "" }
variable "PUSH" { default = false }
variable "REPO" { default = "acme/if" }
target "a" {
  tags = [TAG != "" ? "${REPO}:${TAG}" : "${REPO}:latest"]
  output = [PUSH ? "type=registry" : "type=docker"]
}
target "b" {
  context = "b"
  tags = TAG == "" ? ["${REPO}-b:dev"] : ["${REPO}-b:${TAG}", "${REPO}-b:latest"]
}
