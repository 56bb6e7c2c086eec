variable "registries" {
  default = [
    "docker.io/acme",
    // "ghcr.io/acme",
  ]
}

target "_template" {
  labels = {
    "org.opencontainers.image.source" = "https://github.com/acme/images"
  }
  platforms = [
    "linux/amd64",
    "linux/arm64",
  ]
}

target "kubectl" {
  args = { KUBECTL_VERSION = "1.33.1" }
  tags = ["docker.io/acme/kubectl:1.33.1", "docker.io/acme/kubectl:1.33"]
}
