target "app" {
  platforms = ["linux/amd64", "linux/arm64"]
  output    = ["type=image,name=acme/app,push-by-digest=true,name-canonical=true,push=true"]
}

target "tool" {
  tags   = ["acme/tool:1"]
  output = [{ type = "image", push-by-digest = "true" }]
}

group "default" {
  targets = ["app", "tool"]
}
