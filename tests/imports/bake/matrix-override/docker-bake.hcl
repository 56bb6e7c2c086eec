variable "TAG" { default = "1.0" }

group "default" {
  targets = ["svc", "check"]
}

target "svc" {
  name        = "svc-${item}"
  description = "one of the services"
  matrix = {
    item = ["auth", "mail", "search"]
  }
  context = "services/${item}"
  args = {
    SERVICE = item
  }
  tags = ["registry.acme.example/svc-${item}:${TAG}"]
  attest = [
    { type = "provenance", mode = "max" },
    { type = "sbom" },
  ]
  cache-from = [{ type = "gha", scope = item }]
  output     = [{ type = "registry" }]
}

// one of the matrix differs
target "svc-search" {
  args = {
    HEAP = "2g"
  }
  platforms    = ["linux/amd64"]
  entitlements = ["network.host"]
  ulimits      = ["nofile=1024:1024"]
}

target "check" {
  name     = "check-${item}"
  matrix   = { item = ["auth", "mail"] }
  inherits = ["svc-${item}"]
  call     = "check"
  tags     = []
  output   = ["type=cacheonly"]
}
