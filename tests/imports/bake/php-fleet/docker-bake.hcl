variable "IMAGE_NAME" {
  default = "ghcr.io/acme/php"
}

variable "VERSION" {
  default = "1.4.2"
}

variable "PHP_VERSION" {
  default = "8.3.21,8.4.7"
}

variable "DEFAULT_PHP_VERSION" {
  default = "8.4"
}

variable "SHA" {}

// a tag has at most 128 characters and only some of them
function "clean_tag" {
  params = [tag]
  result = substr(regex_replace(regex_replace(tag, "[^\\w.-]", "-"), "^([^\\w])", "r$0"), 0, 127)
}

function "minor" {
  params = [v]
  result = join(".", slice(split(".", v), 0, 2))
}

function "tag" {
  params = [php, os]
  result = [
    "${IMAGE_NAME}:${clean_tag("${VERSION}-php${php}-${os}")}",
    "${IMAGE_NAME}:${clean_tag("${VERSION}-php${minor(php)}-${os}")}",
    os == "bookworm" ? "${IMAGE_NAME}:${clean_tag("${VERSION}-php${minor(php)}")}" : "",
    minor(php) == DEFAULT_PHP_VERSION && os == "bookworm" ? "${IMAGE_NAME}:${VERSION}" : "",
    minor(php) == DEFAULT_PHP_VERSION && os == "bookworm" ? "${IMAGE_NAME}:latest" : "",
  ]
}

group "default" {
  targets = ["runner"]
}

target "runner" {
  name = "runner-${replace(php, ".", "-")}-${os}"
  matrix = {
    php = split(",", PHP_VERSION)
    os  = ["bookworm", "alpine"]
  }
  context    = "."
  dockerfile = os == "alpine" ? "alpine.Dockerfile" : "Dockerfile"
  platforms  = ["linux/amd64", "linux/arm64"]
  args = {
    PHP_VERSION = php
    REVISION    = SHA
  }
  tags = distinct(flatten([tag(php, os)]))
  labels = {
    "org.opencontainers.image.created"  = "${timestamp()}"
    "org.opencontainers.image.version"  = VERSION
    "org.opencontainers.image.revision" = SHA
  }
}
