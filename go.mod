module github.com/nlsh/nlsh

go 1.25.0
