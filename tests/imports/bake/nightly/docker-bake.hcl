variable "REPO"    { default = "docker.io/acme/toolchain" }
variable "CHANNEL" { default = "nightly" }
variable "LOCK"    { default = "llvm-20;gcc-14;cmake-3.31" }

variable "CREATED" {
  default = formatdate("YYYY'-'MM'-'DD'T'hh':'mm':'ss'Z'", timestamp())
}

function "stamp_tag" {
  params = [base_tag, stamp]
  result = [base_tag, "${base_tag}-${formatdate("YYYYMMDD", stamp)}"]
}

group "default" {
  targets = ["toolchain", "clang", "gcc"]
}

target "toolchain" {
  context = "."
  target  = "base"
  args    = { LOCK = LOCK }
  labels = {
    "org.opencontainers.image.created" = CREATED
  }
  tags = stamp_tag("${REPO}:${CHANNEL}", timestamp())
}

target "clang" {
  inherits = ["toolchain"]
  target   = "clang"
  tags = [
    "${REPO}-clang:${CHANNEL}",
    "${REPO}-clang:${substr(sha256(LOCK), 0, 12)}",
  ]
}

target "gcc" {
  inherits = ["toolchain"]
  target   = "gcc"
  tags = [
    "${REPO}-gcc:${CHANNEL}",
    "${REPO}-gcc:${formatdate("YYYY.MM", "2026-11-01T00:00:00Z")}",
  ]
}
