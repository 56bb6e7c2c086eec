variable "REGISTRIES" {
  default = ["docker.io/acme", "ghcr.io/acme"]
}

variable "POETRY_VERSION" {
  default = "2.1.3"
}

variable "LATEST" {
  default = "3.13"
}

target "_common" {
  context   = "."
  platforms = ["linux/amd64", "linux/arm64"]
  args = {
    POETRY_VERSION = POETRY_VERSION
  }
  labels = {
    "org.opencontainers.image.source" = "https://github.com/acme/python-poetry"
  }
}

target "default" {
  name     = "python-${replace(version, ".", "")}-${variant}"
  inherits = ["_common"]
  matrix = {
    version = ["3.11", "3.12", "3.13"]
    variant = ["slim", "full"]
  }
  args = {
    PYTHON_IMAGE = "python:${version}${variant == "slim" ? "-slim" : ""}-bookworm"
  }
  tags = flatten([
    formatlist("%s/python-poetry:${version}${variant == "slim" ? "-slim" : ""}", REGISTRIES),
    formatlist("%s/python-poetry:${POETRY_VERSION}-python${version}${variant == "slim" ? "-slim" : ""}", REGISTRIES),
    version == LATEST && variant == "full" ? formatlist("%s/python-poetry:latest", REGISTRIES) : [],
    version == LATEST && variant == "slim" ? formatlist("%s/python-poetry:slim", REGISTRIES) : [],
  ])
}
