// ghcr.io/acme/ in CI, nothing on a laptop
variable "REGISTRY" {
  default = ""
}

variable "image-prefix" {
  default = "acme/"
}

variable "TAGS" {
  default = "dev"
}

variable "GITHUB_REF_NAME" {
  default = "main"
}

function "ref" {
  params = [name, tag]
  result = "${REGISTRY != "" ? "${trimsuffix(REGISTRY, "/")}/" : ""}${image-prefix}${name}:${tag}"
}

function "refs" {
  params = [name]
  result = concat(
    [for t in split(",", TAGS) : ref(name, trimspace(t)) if t != ""],
    and(equal(GITHUB_REF_NAME, "main"), not(equal(TAGS, "dev"))) ? [ref(name, "edge")] : [],
  )
}

group "default" {
  targets = ["web", "api", "migrate"]
}

target "_base" {
  args = {
    PREFIX = image-prefix
  }
  labels = {
    "org.opencontainers.image.ref.name" = "$GITHUB_REF_NAME"
  }
}

target "web" {
  inherits = ["_base"]
  context  = "./web"
  tags     = refs("web")
}

target "api" {
  inherits = ["_base"]
  context  = "./api"
  tags     = refs("api")
}

target "migrate" {
  inherits = ["api"]
  target   = "migrate"
  tags     = [ref("api", "migrate-${element(split(",", TAGS), 0)}")]
}
