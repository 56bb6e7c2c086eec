variable "REPO" {
  default = "docker.io/acme/router"
}

// as git describe gives it, v1.8.0-rc.2 for a candidate
variable "GIT_TAG" {
  default = "v1.7.4"
}

function "parts" {
  params = [v]
  result = regex("^v?(\\d+)\\.(\\d+)\\.(\\d+)(?:-(.+))?$", v)
}

function "is_release" {
  params = [v]
  result = can(parts(v)) && try(parts(v)[3], null) == null
}

function "tags" {
  params = [repo, v, suffix]
  result = is_release(v) ? [
    "${repo}:${join(".", slice(parts(v), 0, 3))}${suffix}",
    "${repo}:${join(".", slice(parts(v), 0, 2))}${suffix}",
    "${repo}:${parts(v)[0]}${suffix}",
    suffix == "" ? "${repo}:latest" : "${repo}:${trimprefix(suffix, "-")}",
  ] : ["${repo}:${trimprefix(v, "v")}${suffix}"]
}

group "default" {
  targets = ["router"]
}

target "router" {
  name = "router${suffix}"
  matrix = {
    suffix = ["", "-distroless", "-debug"]
  }
  target    = suffix == "" ? "debian" : trimprefix(suffix, "-")
  args      = { ROUTER_VERSION = trimprefix(GIT_TAG, "v") }
  platforms = length(regexall("rc", GIT_TAG)) > 0 ? ["linux/amd64"] : ["linux/amd64", "linux/arm64"]
  tags      = tags(REPO, GIT_TAG, suffix)
}
