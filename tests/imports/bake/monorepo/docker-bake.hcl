variable "REGISTRY" { default = "registry.example.com/shop" }
variable "TAG"      { default = "latest" }
variable "NODE_ENV" { default = "production" }

group "default" {
  targets = ["services", "gateway"]
}

group "services" {
  targets = ["cart", "catalog", "worker"]
}

target "base" {
  context = "./base"
  tags    = ["${REGISTRY}/base:${TAG}"]
}

target "_service" {
  contexts = {
    base = "target:base"
  }
  args = {
    NODE_ENV = NODE_ENV
  }
  platforms = ["linux/amd64"]
}

target "cart" {
  inherits = ["_service"]
  context  = "./services/cart"
  tags     = ["${REGISTRY}/cart:${TAG}"]
}

target "catalog" {
  inherits = ["_service"]
  context  = "./services/catalog"
  contexts = {
    proto = "./proto"
  }
  tags = ["${REGISTRY}/catalog:${TAG}"]
}

target "worker" {
  inherits   = ["_service"]
  context    = "."
  dockerfile = "services/worker/Dockerfile"
  tags       = ["${REGISTRY}/worker:${TAG}"]
}

target "gateway" {
  context    = "./gateway"
  dockerfile = "docker/Dockerfile.prod"
  contexts = {
    nginx = "docker-image://nginx:1.29-bookworm"
  }
  tags = ["${REGISTRY}/gateway:${TAG}"]
}
