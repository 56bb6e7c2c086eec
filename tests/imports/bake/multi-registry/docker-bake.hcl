variable "REGISTRIES" { default = ["docker.io/acme", "ghcr.io/acme", "public.ecr.aws/acme"] }
variable "VERSION" { default = "v3.4.5" }
variable "EDGE" { default = false }
function "tags" {
  params = [name]
  result = flatten([for r in REGISTRIES : EDGE ? ["${r}/${name}:edge"] : ["${r}/${name}:${trimprefix(VERSION, "v")}", "${r}/${name}:latest"]])
}
target "server" { tags = tags("server") }
target "agent" {
  context = "agent"
  tags = tags("agent")
}
