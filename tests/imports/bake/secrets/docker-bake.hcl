variable "REGISTRY"   { default = "ghcr.io/acme" }
variable "VERSION"    { default = "3.0.1" }
variable "GITHUB_SHA" { default = "" }
variable "HTTP_PROXY" { default = null }
variable "CACHE"      { default = "true" }

group "default" {
  targets = ["api", "jobs"]
}

target "_release" {
  attest = [
    "type=provenance,mode=max",
    "type=sbom",
  ]
  cache-from = CACHE == "true" ? ["type=registry,ref=${REGISTRY}/cache:api"] : []
  cache-to   = CACHE == "true" ? ["type=registry,ref=${REGISTRY}/cache:api,mode=max"] : []
  output     = ["type=image,push=true,oci-mediatypes=true"]
  annotations = [
    "index,manifest:org.opencontainers.image.title=api",
  ]
  platforms = ["linux/amd64", "linux/arm64"]
}

target "api" {
  inherits = ["_release"]
  context  = "."
  target   = "api"
  secret = [
    "type=env,id=NPM_TOKEN",
    "id=netrc,src=./netrc.example",
  ]
  ssh = ["default"]
  args = {
    APP_VERSION = VERSION
    GIT_SHA     = substr(GITHUB_SHA, 0, 7)
    HTTP_PROXY  = HTTP_PROXY
  }
  tags = [
    "${REGISTRY}/api:${VERSION}",
    GITHUB_SHA != "" ? "${REGISTRY}/api:sha-${substr(GITHUB_SHA, 0, 7)}" : "",
  ]
}

target "jobs" {
  inherits    = ["api"]
  target      = "jobs"
  network     = "none"
  shm-size    = "128m"
  extra-hosts = { mirror = "10.0.0.5" }
  no-cache    = false
  tags        = ["${REGISTRY}/jobs:${VERSION}"]
}
