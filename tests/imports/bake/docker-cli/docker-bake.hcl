variable "VERSION" { default = "" }
variable "IMAGE_NAME" { default = "docker-cli" }
variable "USE_GLIBC" { default = "" }
variable "PACKAGER_NAME" { default = "" }
target "_common" {
  args = { VERSION = VERSION, PACKAGER_NAME = PACKAGER_NAME, BASE_VARIANT = USE_GLIBC == "1" ? "debian" : "alpine" }
}
group "default" { targets = ["binary"] }
target "binary" {
  inherits = ["_common"]
  target = "binary"
  platforms = ["local"]
  output = ["build"]
}
target "dev" {
  inherits = ["_common"]
  target = "dev"
  context = "."
  dockerfile = "./docker/Dockerfile.dev"
  tags = ["${IMAGE_NAME}-dev"]
  output = ["type=docker"]
}
target "docker-metadata-action" { tags = ["${IMAGE_NAME}:local"] }
target "bin-image" {
  inherits = ["docker-metadata-action", "_common"]
  target = "bin-image"
}
target "bin-image-cross" {
  inherits = ["bin-image"]
  platforms = ["linux/amd64", "linux/arm64"]
}
