variable "VERSION" { default = "1.1" }
target "a" { output = [{ type = "image", name = "acme/a:${VERSION}", push = true }] }
target "b" {
  context = "b"
  tags = ["acme/b:${VERSION}"]
  output = ["type=image,push=true,compression=zstd,oci-mediatypes=true"]
}
target "c" {
  context = "c"
  tags = ["acme/c:1"]
  output = ["type=tar,dest=c.tar"]
}
