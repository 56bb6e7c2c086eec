variable "VERSION" { default = "v0.9.1" }
variable "REGS" { default = "docker.io,quay.io" }
function "v" {
  params = []
  result = trimprefix(VERSION, "v")
}
function "refs" {
  params = [name, tags]
  result = flatten([for r in split(",", REGS) : [for t in tags : "${r}/acme/${name}:${t}"]])
}
target "ctl" { tags = refs("ctl", [v(), regex_replace(v(), "\\.\\d+$", ""), "latest"]) }
target "node" {
  context = "node"
  tags = refs("node", [VERSION])
  args = { VERSION = v() }
}
