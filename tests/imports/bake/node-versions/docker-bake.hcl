variable "NODES" { default = ["20.19.5", "22.20.0", "24.9.0"] }
variable "LATEST" { default = "24.9.0" }
variable "LTS" { default = "22.20.0" }
group "default" { targets = [for v in NODES : "node-${replace(v, ".", "_")}"] }
target "node" {
  name = "node-${replace(v, ".", "_")}"
  matrix = { v = NODES }
  args = { NODE_VERSION = v, MAJOR = split(".", v)[0] }
  tags = compact(flatten([
    "acme/node:${v}",
    "acme/node:${join(".", slice(split(".", v), 0, 2))}",
    "acme/node:${split(".", v)[0]}",
    v == LATEST ? "acme/node:latest" : "",
    v == LTS ? ["acme/node:lts"] : [],
  ]))
  labels = { "org.opencontainers.image.version" = v }
}
