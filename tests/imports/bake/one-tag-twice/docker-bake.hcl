variable "TAG" {
  default = "latest"
}

group "default" {
  targets = ["app", "nginx"]
}

group "dev" {
  targets = ["app-dev", "nginx"]
}

target "app" {
  context    = "."
  dockerfile = "docker/app/Dockerfile"
  target     = "prod"
  tags       = ["acme/blog:${TAG}"]
  platforms  = ["linux/amd64", "linux/arm64"]
}

// the same name, for docker compose on a laptop
target "app-dev" {
  context    = "."
  dockerfile = "docker/app/Dockerfile"
  target     = "dev"
  tags       = ["acme/blog:${TAG}"]
  output     = ["type=docker"]
}

target "nginx" {
  context    = "."
  dockerfile = "docker/nginx/Dockerfile"
  tags       = ["acme/blog-nginx:${TAG}"]
  platforms  = ["linux/amd64", "linux/arm64"]
}

target "nginx-local" {
  inherits  = ["nginx"]
  platforms = []
  output    = ["type=docker"]
}
