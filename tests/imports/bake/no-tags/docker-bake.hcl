// the tags come from docker/metadata-action in CI
target "docker-metadata-action" {}

group "default" {
  targets = ["image-local"]
}

target "image" {
  inherits   = ["docker-metadata-action"]
  context    = "."
  dockerfile = "Dockerfile"
  args = {
    GO_VERSION = "1.25"
  }
}

target "image-local" {
  inherits = ["image"]
  output   = ["type=docker"]
}

target "image-all" {
  inherits  = ["image"]
  platforms = ["linux/amd64", "linux/arm64", "linux/arm/v7"]
  cache-to  = ["type=gha,mode=max"]
}

target "artifact" {
  inherits = ["image"]
  target   = "artifact"
  output   = ["./dist"]
}
