variable "GO_VERSION" {
  default = null
}

variable "VERSION" {
  default = ""
}

variable "GITCOMMIT" {
  default = null
}

variable "STATIC" {
  default = "1"
}

variable "DESTDIR" {
  default = ""
}

function "bindir" {
  params = [defaultdir]
  result = DESTDIR != "" ? DESTDIR : "./bundles/${defaultdir}"
}

target "docker-metadata-action" {
  tags = ["acme/daemon-bin:local"]
}

target "_common" {
  args = {
    BUILDKIT_CONTEXT_KEEP_GIT_DIR = 1
    GO_VERSION                    = GO_VERSION
    VERSION                       = VERSION
    GITCOMMIT                     = GITCOMMIT
    STATIC                        = STATIC
  }
}

group "default" {
  targets = ["binary"]
}

target "_platforms" {
  platforms = ["linux/amd64", "linux/arm/v7", "linux/arm64", "linux/s390x"]
}

target "binary" {
  inherits = ["_common"]
  target   = "binary"
  output   = [bindir(STATIC == "1" ? "binary" : "dynbinary")]
}

target "dynbinary" {
  inherits = ["binary"]
  output   = [bindir("dynbinary")]
  args     = { STATIC = "0" }
}

target "bin-image" {
  inherits = ["binary", "docker-metadata-action"]
  output   = ["type=docker"]
}

target "bin-image-cross" {
  inherits = ["bin-image", "_platforms"]
  output   = ["type=image"]
}

target "dev" {
  inherits = ["_common"]
  target   = "dev"
  tags     = ["acme/daemon-dev"]
  output   = ["type=docker"]
}

target "govulncheck" {
  inherits        = ["_common"]
  dockerfile      = "./hack/dockerfiles/govulncheck.Dockerfile"
  target          = "output"
  no-cache-filter = ["run"]
  output          = ["${DESTDIR}"]
}
