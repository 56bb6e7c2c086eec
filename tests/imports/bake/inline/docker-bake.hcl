variable "ORG" {
  default = "acme"
}

variable "DEBIAN" {
  default = "bookworm"
}

group "default" {
  targets = ["tools", "tools-dev", "certs"]
}

target "tools" {
  dockerfile-inline = <<EOT
FROM debian:${DEBIAN}-slim
RUN apt-get update && apt-get install -y --no-install-recommends curl jq
ENTRYPOINT ["/usr/bin/jq"]
EOT
  tags = ["docker.io/${ORG}/tools:1", "docker.io/${ORG}/tools:latest"]
}

target "tools-dev" {
  contexts = {
    tools = "target:tools"
  }
  dockerfile-inline = <<-EOT
    FROM tools
    ARG USERNAME=dev
    RUN useradd -m "$USERNAME"
    USER $${USERNAME}
  EOT
  args = {
    USERNAME = "builder"
  }
  tags = ["docker.io/${ORG}/tools:dev"]
}

target "certs" {
  dockerfile-inline = "FROM debian:${DEBIAN}-slim AS build\nRUN apt-get update && apt-get install -y ca-certificates\nFROM scratch\nCOPY --from=build /etc/ssl/certs /etc/ssl/certs\n"
  platforms = ["linux/amd64", "linux/arm64"]
  tags = ["docker.io/${ORG}/certs:latest"]
}
