variable "DOCKER_DEBUG" { default = "" }
variable "DOCKER_STATIC" { default = "1" }
variable "DOCKER_LDFLAGS" { default = "" }
variable "VERSION" { default = "" }
variable "PLATFORM" { default = "" }
variable "BIN_IMAGE" { default = "moby-bin:local" }
function "bindir" {
  params = [defaultdir]
  result = DOCKER_STATIC == "1" ? "bundles/static/${defaultdir}" : "bundles/dynamic/${defaultdir}"
}
target "_common" {
  args = {
    BUILDKIT_CONTEXT_KEEP_GIT_DIR = 1
    DOCKER_DEBUG = DOCKER_DEBUG
    DOCKER_STATIC = DOCKER_STATIC
    VERSION = VERSION
    PLATFORM = PLATFORM
  }
}
target "_platforms" {
  platforms = ["linux/amd64", "linux/arm/v5", "linux/arm/v6", "linux/arm/v7", "linux/arm64", "linux/ppc64le", "linux/s390x", "windows/amd64"]
}
group "default" { targets = ["binary"] }
target "docker-metadata-action" { tags = [BIN_IMAGE] }
target "binary" {
  inherits = ["_common"]
  target = "binary"
  output = [bindir("binary")]
}
target "all-cross" { inherits = ["all", "_platforms"] }
target "all" {
  inherits = ["_common"]
  target = "all"
  output = ["bundles"]
}
target "bin-image" {
  inherits = ["all", "docker-metadata-action"]
  target = "all"
  output = ["type=docker"]
}
target "bin-image-cross" {
  inherits = ["bin-image"]
  output = ["type=image"]
  platforms = ["linux/amd64", "linux/arm64", "windows/amd64"]
}
target "dev" {
  inherits = ["_common"]
  target = "dev"
  args = { SYSTEMD = "false" }
  tags = ["docker-dev"]
  output = ["type=docker"]
}
target "govulncheck" {
  dockerfile = "./hack/dockerfiles/govulncheck.Dockerfile"
  target = "output"
  args = { FORMAT = "text" }
  no-cache-filter = ["run"]
  output = ["${DOCKER_STATIC}"]
}
