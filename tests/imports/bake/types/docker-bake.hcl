variable "TAG" {
  type        = string
  default     = null
  description = "the tag of a release; nothing for a local build"
  validation {
    condition     = TAG == null || TAG != ""
    error_message = "TAG must not be empty"
  }
}

variable "PORT" {
  type    = number
  default = 8080
}

variable "DEBUG" {
  type    = bool
  default = false
}

variable "EXTRA_PLATFORMS" {
  type    = list(string)
  default = ["linux/arm64"]
}

variable "FLAVORS" {
  type = map(object({ base = string, extras = list(string) }))
  default = {
    slim = { base = "debian:bookworm-slim", extras = [] }
    full = { base = "debian:bookworm", extras = ["curl", "git"] }
  }
}

variable "MIRROR" {}

group "default" {
  targets = ["proxy"]
}

target "proxy" {
  name = "proxy-${flavor}"
  matrix = {
    flavor = keys(FLAVORS)
  }
  platforms = concat(["linux/amd64"], EXTRA_PLATFORMS)
  args = {
    BASE   = FLAVORS[flavor].base
    EXTRAS = join(" ", FLAVORS[flavor].extras)
    PORT   = PORT + 0
    DEBUG  = DEBUG ? "1" : null
    MIRROR = MIRROR
  }
  tags = [
    "acme/proxy:${TAG == null ? "dev" : TAG}-${flavor}",
    DEBUG ? "acme/proxy:debug-${flavor}" : "",
  ]
}
