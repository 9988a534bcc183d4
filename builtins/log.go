package builtins

import (
	"fmt"
	"io"
	"log/slog"
	"strings"

	"go.starlark.net/starlark"

	"github.com/nlsh/nlsh/internal/host"
)

// logModule is messages to standard error.
func (env *environ) logModule() *module {
	members := starlark.StringDict{}
	for name, level := range map[string]slog.Level{
		"debug": slog.LevelDebug, "info": slog.LevelInfo, "warn": slog.LevelWarn, "error": slog.LevelError,
	} {
		members[name] = newFunc("log."+name, logDocs(name), logParams, env.logAt(name, level))
	}
	return &module{name: "log", doc: "messages on standard error, by level", members: members}
}

// logDocs is the doc of a level.
func logDocs(level string) string {
	what := map[string]string{
		"debug": "what only helps to find a mistake; hidden unless --log debug, or NLSH_LOG=debug, asks for it",
		"info":  "what is going on",
		"warn":  "what may be wrong",
		"error": "what is wrong, though the script goes on",
	}[level]
	return "writes a line to standard error: " + what + `

Named values follow the text as name=value.

    log.` + level + `("link is up", name = "eth0", mtu = 1500)`
}

var logParams = []param{
	{"*args", "any", "the text, as print would write it"},
	{"**kwargs", "any", "values to add by name"},
}

func (env *environ) logAt(name string, level slog.Level) funcBody {
	return func(th *starlark.Thread, _ *starlark.Builtin, args starlark.Tuple, kwargs []starlark.Tuple) (starlark.Value, error) {
		if level < env.log {
			return starlark.None, nil
		}
		words := []string{name + ":"}
		for _, v := range args {
			words = append(words, plain(v))
		}
		for _, kv := range kwargs {
			words = append(words, plain(kv[0])+"="+kv[1].String())
		}
		if err := host.Pending(th); err != nil { // a value's text may come from an iterator
			return nil, err
		}
		env.bar.hide()
		text := strings.ReplaceAll(strings.Join(words, " "), "\n", "\n  ")
		if _, err := io.WriteString(host.Of(th).Stderr(), text+"\n"); err != nil {
			return nil, fmt.Errorf("log.%s: %w", name, err)
		}
		return starlark.None, nil
	}
}

// plain is the text of a value as print writes it.
func plain(v starlark.Value) string {
	if s, ok := starlark.AsString(v); ok {
		return s
	}
	return v.String()
}
