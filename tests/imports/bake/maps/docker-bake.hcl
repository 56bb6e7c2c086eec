variable "REGISTRY" { default = "" }
variable "FALLBACK" { default = "docker.io/acme" }

variable "RUBY" {
  default = {
    "3.3" = "3.3.8"
    "3.4" = "3.4.4"
  }
}

variable "DISTROS" {
  default = ["bookworm", "slim-bookworm", "alpine3.21"]
}

function "repo" {
  params = [name]
  result = "${coalesce(REGISTRY != "" ? REGISTRY : null, FALLBACK)}/${name}"
}

function "defaults" {
  params = []
  result = {
    BUNDLER_VERSION = "2.6.9"
    JEMALLOC        = "1"
  }
}

function "alias" {
  params = [distro]
  result = lookup(zipmap(["bookworm", "slim-bookworm"], ["", "-slim"]), distro, "-alpine")
}

group "default" {
  targets = ["ruby"]
}

target "ruby" {
  name = "ruby-${replace(series, ".", "_")}-${replace(distro, ".", "_")}"
  matrix = {
    series = keys(RUBY)
    distro = DISTROS
  }
  args = merge(defaults(), {
    RUBY_VERSION = RUBY[series]
    DISTRO       = distro
  }, contains(["alpine3.21"], distro) ? { JEMALLOC = "0" } : {})
  tags = concat(
    ["${repo("ruby")}:${series}-${distro}", "${repo("ruby")}:${RUBY[series]}-${distro}"],
    ["${repo("ruby")}:${series}${alias(distro)}"],
    RUBY[series] == element(values(RUBY), length(keys(RUBY)) - 1) && indexof(DISTROS, distro) == 0 ? ["${repo("ruby")}:latest"] : [],
  )
}
