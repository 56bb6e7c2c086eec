variable IMAGE_REGISTRY {
  default = "ghcr.io"
}

variable IMAGE_NAMESPACE {
  default = "acme/dev"
}

variable RELEASE {
  default = "2026.11"
}

function stripName {
  params = [name]
  result = regex_replace(name, "[^a-zA-Z0-9_-]+", "")
}

function repository {
  params = [name]
  result = "${IMAGE_REGISTRY}/${IMAGE_NAMESPACE}/${name}"
}

// every tag in every form, empty ones left out
function image_tags {
  params         = [name]
  variadic_params = tags
  result         = [for t in compact(tags) : "${repository(name)}:${t}"]
}

function both {
  params         = [name, version]
  variadic_params = extra
  result         = concat(image_tags(name, version, "${version}-${RELEASE}"), image_tags(name, extra...))
}

group "default" {
  targets = ["rust", "zig"]
}

target "rust" {
  name = stripName("rust-${v}")
  matrix = {
    v = ["1.86", "1.87"]
  }
  context    = "dev"
  dockerfile = "rust.Dockerfile"
  args       = { RUST_VERSION = v }
  tags       = both("rust", v, v == "1.87" ? "latest" : "", v == "1.86" ? "previous" : "")
}

target "zig" {
  context    = "dev"
  dockerfile = "zig.Dockerfile"
  args       = { ZIG_VERSION = "0.14.1" }
  tags       = both("zig", "0.14.1")
}
