variable "DOCKERHUB_REPO" {
  default = "acme"
}

variable "SYSTEM_VERSION" {
  default = "v5"
}

// FROM acme/rt-base:v5 in a Dockerfile is the target, not what the registry has
function "from_target" {
  params = [parent]
  result = {
    "${DOCKERHUB_REPO}/rt-${parent}:${SYSTEM_VERSION}" = "target:${parent}"
  }
}

variable "RUNTIMES" {
  default = [
    { name = "deno", version = "1.46" },
    { name = "deno", version = "2.0" },
    { name = "bun", version = "1.1" },
    { name = "php", version = "8.3" },
  ]
}

group "default" {
  targets = ["base", "runtime"]
}

target "base" {
  context = "base"
  tags    = ["${DOCKERHUB_REPO}/rt-base:${SYSTEM_VERSION}"]
}

target "runtime" {
  name = "${r.name}-${replace(r.version, ".", "-")}"
  matrix = {
    r = RUNTIMES
  }
  context = "runtimes/${r.name}"
  contexts = merge(from_target("base"), {
    helpers = "./helpers"
    shared  = "runtimes/shared"
    example = "./runtimes/${r.name}/example"
  })
  args = {
    DOCKERHUB_REPO = DOCKERHUB_REPO
    SYSTEM_VERSION = SYSTEM_VERSION
    VERSION        = r.version
  }
  platforms = r.name == "bun" ? ["linux/amd64"] : ["linux/amd64", "linux/arm64"]
  tags      = ["${DOCKERHUB_REPO}/rt-${r.name}:${SYSTEM_VERSION}-${r.version}"]
}
