variable "VERSION" { default = "1.2.3" }
variable "REG" { default = "mcr.example.com" }
function "ladder" {
  params = [name, suffix]
  result = [for v in [VERSION, join(".", slice(split(".", VERSION), 0, 2)), split(".", VERSION)[0]] : "${REG}/devcontainers/${name}:${v}-${suffix}"]
}
group "default" { targets = ["base", "go"] }
target "base" {
  name = "base-${os}"
  matrix = { os = ["bookworm", "trixie"] }
  context = "src/base-debian/.devcontainer"
  args = { VARIANT = os }
  platforms = ["linux/amd64", "linux/arm64"]
  tags = ladder("base", os)
}
target "go" {
  context = "src/go/.devcontainer"
  contexts = { base = "target:base-trixie" }
  tags = concat(ladder("go", "1.25"), ["${REG}/devcontainers/go:dev"])
}
