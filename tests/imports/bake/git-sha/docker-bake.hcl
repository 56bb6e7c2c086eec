variable "GIT_SHA" {}
variable "REPO" { default = "registry.gitlab.com/acme/tool" }
target "tool" {
  tags = ["${REPO}:${GIT_SHA}", "${REPO}:latest"]
  args = { GIT_SHA = GIT_SHA }
}
