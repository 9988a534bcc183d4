# What one types here. CI runs `bash .ci/run`, which needs no make.
.PHONY: build test race check generate fuzz bench uml kernels clean

build:    ; CGO_ENABLED=0 go build -trimpath -o bin/nlsh ./cmd/nlsh
test:     ; go test ./...
race:     ; go test -race ./...
check:    ; bash .ci/run
generate: ; go generate ./...
fuzz:     ; bash .ci/run fuzz
bench:    ; bash .ci/run bench
uml:      ; bash .ci/run uml
kernels:  ; bash tests/kernels/get 6.12 6.1
clean:    ; rm -rf bin
