variable "VERSIONS" {
  default = "{\"erlang\":\"27.3.4\",\"elixir\":\" 1.18.4 \"}"
}

variable "Branch" {
  default = "Feature/Fast Boot"
}

variable "OWNER" {
  default = "ACME"
}

V = jsondecode(VERSIONS)

function "slug" {
  params = [s]
  result = trim(lower(regex_replace(s, "[^A-Za-z0-9]+", "-")), "-")
}

group "default" {
  targets = ["elixir", "preview"]
}

target "elixir" {
  dockerfile = "elixir.Dockerfile"
  args = {
    ERLANG_VERSION = V.erlang
    ELIXIR_VERSION = trimspace(V.elixir)
    CHANNEL        = upper("stable")
  }
  labels = {
    "com.acme.versions" = jsonencode({ erlang = V.erlang, elixir = trimspace(V.elixir) })
    "com.acme.title"    = title("elixir on erlang")
  }
  tags = [
    "ghcr.io/${lower(OWNER)}/elixir:${trimspace(V.elixir)}-erlang-${V.erlang}",
    "ghcr.io/${lower(OWNER)}/elixir:${trimsuffix(trimspace(V.elixir), ".4")}",
  ]
}

target "preview" {
  inherits = ["elixir"]
  args = {
    CHANNEL = "preview"
  }
  tags = ["ghcr.io/${lower(OWNER)}/elixir:${slug(Branch)}"]
}
