variable "REG" {
  default = "docker.io/acme"
}

variable "PG" {
  default = "17"
}

group "default" {
  targets = ["postgres", "postgres-gis", "backup"]
}

target "postgres" {
  context = "postgres"
  args = {
    PG_MAJOR = PG
    LOCALE   = "C.UTF-8"
  }
  platforms = ["linux/amd64", "linux/arm64"]
  tags      = ["${REG}/postgres:${PG}", "${REG}/postgres:${PG}-bookworm"]
}

target "postgres-gis" {
  context   = "gis"
  platforms = target.postgres.platforms
  args = {
    PARENT  = target.postgres.tags[0]
    POSTGIS = "3.5"
  }
  tags = [for t in target.postgres.tags : "${t}-gis3.5"]
}

target "backup" {
  context = target.postgres.context
  dockerfile = "backup.Dockerfile"
  args = {
    PG_MAJOR = target.postgres.args.PG_MAJOR
  }
  platforms = [element(target.postgres.platforms, 0)]
  tags      = ["${REG}/pg-backup:${target.postgres.args.PG_MAJOR}"]
}
