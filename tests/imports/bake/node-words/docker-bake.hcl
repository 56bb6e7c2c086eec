variable "REGISTRY"   { default = "docker.io" }
variable "ORG"        { default = "acme" }
variable "default_os" { default = "bookworm" }

variable "lines" {
  default = [20, 22, 24]
}

variable "versions" {
  default = {
    20 = "20.19.2"
    22 = "22.16.0"
    24 = "24.1.0"
  }
}

variable "words" {
  default = {
    20 = "iron"
    22 = "jod"
  }
}

group "default" {
  targets = ["node"]
}

target "node" {
  matrix = {
    line = lines
    os   = ["bookworm", "slim", "alpine"]
  }
  name       = "node_${line}_${os}"
  context    = "."
  dockerfile = "${os}/Dockerfile"
  args = {
    NODE_VERSION = lookup(versions, line, "")
  }
  tags      = node_tags(line, os)
  platforms = platforms(os)
}

function "is_default_os" {
  params = [os]
  result = equal(default_os, os) ? true : false
}

function os_suffix {
  params = [os]
  result = (equal(default_os, os)
    ? ""
  : "-${os}")
}

function "platforms" {
  params = [os]
  result = (equal("alpine", os)
    ? ["linux/amd64", "linux/arm64"]
  : ["linux/amd64", "linux/arm64", "linux/ppc64le", "linux/s390x"])
}

function "node_tags" {
  params = [line, os]
  result = [
    "${REGISTRY}/${ORG}/node:${lookup(versions, line, "")}${os_suffix(os)}",
    "${REGISTRY}/${ORG}/node:${line}${os_suffix(os)}",
    is_default_os(os) ? "${REGISTRY}/${ORG}/node:${line}-${os}" : "",
    # the words of the lines with long term support
    can(words[line]) ? "${REGISTRY}/${ORG}/node:${words[line]}${os_suffix(os)}" : "",
    equal(22, line) ? "${REGISTRY}/${ORG}/node:lts${os_suffix(os)}" : "",
    equal(24, line) ? (is_default_os(os) ? "${REGISTRY}/${ORG}/node:latest" : "") : "",
    equal(24, line) ? "${REGISTRY}/${ORG}/node:current${os_suffix(os)}" : "",
    # the same as above for other systems
    "${REGISTRY}/${ORG}/node:${line}${os_suffix(os)}",
  ]
}
