variable "ALPINE_VERSION" { default = null }
variable "GO_VERSION" { default = null }
variable "REPO" { default = "moby/buildkit" }
variable "TAG" { default = "master" }
group "default" { targets = ["binaries"] }
target "_common" {
  args = {
    ALPINE_VERSION = ALPINE_VERSION
    GO_VERSION = GO_VERSION
    BUILDKIT_CONTEXT_KEEP_GIT_DIR = 1
  }
}
target "binaries" {
  inherits = ["_common"]
  target = "binaries"
  output = ["./bin/build"]
}
target "image-cross" {
  inherits = ["image-main"]
  tags = ["${REPO}:${TAG}-cross"]
  platforms = ["linux/amd64", "linux/arm64", "linux/riscv64"]
}
target "image" {
  name = "image-${tgt == "" ? "main" : tgt}"
  matrix = { tgt = ["", "rootless"] }
  inherits = ["_common"]
  target = tgt
  tags = [tgt == "" ? "${REPO}:${TAG}" : "${REPO}:${TAG}-${tgt}"]
  output = ["type=image"]
}
target "integration-tests-base" {
  inherits = ["_common"]
  target = "integration-tests-base"
  output = ["type=cacheonly"]
}
target "integration-tests" {
  inherits = ["integration-tests-base"]
  target = "integration-tests"
}
