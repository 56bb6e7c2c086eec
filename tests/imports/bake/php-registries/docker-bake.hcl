variable "REGISTRY" { default = "ghcr.io" }
variable "OWNER" { default = "Acme" }
variable "SHA" { default = "" }
function "tags" {
  params = [name, version]
  result = concat(
    ["${REGISTRY}/${lower(OWNER)}/${name}:${version}", "docker.io/acme/${name}:${version}"],
    notequal("", SHA) ? ["${REGISTRY}/${lower(OWNER)}/${name}:${version}-${substr(SHA, 0, 7)}"] : []
  )
}
group "default" { targets = ["php", "php-dev"] }
target "php" {
  name = "php-${replace(version, ".", "-")}-${os}"
  matrix = { version = ["8.2", "8.3", "8.4"], os = ["alpine", "bookworm"] }
  context = "php"
  dockerfile = "${os}/Dockerfile"
  args = { PHP_VERSION = version, OS = os }
  platforms = os == "alpine" ? ["linux/amd64", "linux/arm64"] : ["linux/amd64"]
  tags = concat(tags("php", "${version}-${os}"), os == "bookworm" ? tags("php", version) : [])
}
target "php-dev" {
  name = "php-dev-${replace(version, ".", "-")}"
  matrix = { version = ["8.2", "8.3", "8.4"] }
  context = "php/dev"
  contexts = { php = "target:php-${replace(version, ".", "-")}-bookworm" }
  tags = tags("php-dev", version)
}
