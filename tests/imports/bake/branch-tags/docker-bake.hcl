variable "BRANCH" {
  default = "dev"
}

variable "REF" {
  default = "dev"
}

variable "CHANNELS" {
  default = {
    main    = "edge"
    release = "stable"
  }
}

target "app" {
  args = {
    BRANCH = BRANCH
  }
  tags = concat(
    ["acme/app:${BRANCH}"],
    contains(["main", "master"], BRANCH) ? ["acme/app:latest"] : [],
    can(regex("^v[0-9]+", REF)) ? ["acme/app:released"] : [],
    lookup(CHANNELS, BRANCH, "") != "" ? ["acme/app:${lookup(CHANNELS, BRANCH, "")}"] : [],
  )
}
