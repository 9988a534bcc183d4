package differential

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net"
	"reflect"
	"strconv"
	"testing"
)

// show runs "ip -n ... -d -j ARGS" and gives its objects, flat. key makes their
// names of their fields.
func show(t *testing.T, key func(map[string]string) string, program string, args ...string) []found {
	t.Helper()
	args = append([]string{"-n", nsName, "-d", "-j"}, args...)
	dec := json.NewDecoder(bytes.NewReader(output(t, program, args...)))
	dec.UseNumber()
	v, err := decode(dec)
	if err != nil {
		t.Fatalf("%s %v: %v", program, args, err)
	}
	list, _ := v.([]any)
	var objects []found
	for _, v := range list {
		if m, ok := v.(map[string]any); ok && len(m) == 0 {
			continue // "ip -j addr" leaves {} where its filter dropped a link
		}
		f := found{fields: map[string]string{}}
		flatten(f.fields, "", v, false)
		f.key = key(f.fields)
		objects = append(objects, f)
	}
	return objects
}

// decode reads one JSON value. ip writes some keys twice in one object: the
// second "dst" is "dst#2" here.
func decode(dec *json.Decoder) (any, error) {
	tok, err := dec.Token()
	if err != nil {
		return nil, err
	}
	switch tok {
	case json.Delim('['):
		list := []any{}
		for dec.More() {
			v, err := decode(dec)
			if err != nil {
				return nil, err
			}
			list = append(list, v)
		}
		_, err = dec.Token()
		return list, err
	case json.Delim('{'):
		m := map[string]any{}
		for dec.More() {
			key, err := dec.Token()
			if err != nil {
				return nil, err
			}
			v, err := decode(dec)
			if err != nil {
				return nil, err
			}
			name := fmt.Sprint(key)
			if _, twice := m[name]; twice {
				name += "#2"
			}
			m[name] = v
		}
		_, err = dec.Token()
		return m, err
	}
	return tok, nil
}

// fields takes a struct of vishvananda/netlink apart, those without content too.
func fields(v any) map[string]string {
	m := map[string]string{}
	reflected(m, "", reflect.ValueOf(v))
	return m
}

func reflected(m map[string]string, path string, v reflect.Value) {
	if text, ok := special(v); ok {
		m[path] = text
		return
	}
	switch v.Kind() {
	case reflect.Pointer, reflect.Interface:
		if v.IsNil() {
			m[path] = ""
			return
		}
		reflected(m, path, v.Elem())
	case reflect.Struct:
		for i := range v.NumField() {
			f := v.Type().Field(i)
			switch {
			case f.Anonymous && f.Type.Kind() == reflect.Struct && f.Name != "LinkAttrs": // a Macvtap is a Macvlan
				reflected(m, path, v.Field(i))
			case f.IsExported():
				reflected(m, join(path, f.Name), v.Field(i))
			}
		}
	case reflect.Slice, reflect.Array:
		if v.Len() == 0 {
			m[path] = ""
		}
		for i := range v.Len() {
			reflected(m, fmt.Sprintf("%s[%d]", path, i), v.Index(i))
		}
	default:
		m[path] = scalar(v)
	}
}

// special are the types of package net, as nlsh writes them.
func special(v reflect.Value) (string, bool) {
	switch x := v.Interface().(type) {
	case net.IP:
		if len(x) == 0 {
			return "", true
		}
		return x.String(), true
	case net.HardwareAddr:
		return x.String(), true
	case *net.IPNet:
		if x == nil {
			return "", true
		}
		return x.String(), true
	}
	return "", false
}

// scalar is the number behind a value, not what its String method makes of it;
// nothing where it is zero.
func scalar(v reflect.Value) string {
	switch {
	case v.IsZero():
		return ""
	case v.CanInt():
		return strconv.FormatInt(v.Int(), 10)
	case v.CanUint():
		return strconv.FormatUint(v.Uint(), 10)
	}
	return fmt.Sprint(v.Interface())
}

// Rows that take a value as it is.

func num(key, path string) row {
	return row{key: key, want: func(v view) any { return v.num(path) }}
}

func text(key, path string) row {
	return row{key: key, want: func(v view) any { return v.text(path) }}
}

func signed(key, path string) row {
	return row{key: key, want: func(v view) any { return v.signed(path) }}
}

// onoff is a number that a peer shows as true or false.
func onoff(key, path string) row {
	return row{key: key, want: func(v view) any {
		if n, ok := v.num(path).(uint64); ok {
			return n != 0
		}
		return nil
	}}
}

// set is shown only where it is not zero.
func set(key, path string) row {
	return row{key: key, want: func(v view) any {
		if v.n(path) == 0 {
			return nil
		}
		return v.num(path)
	}}
}

func hex(key, path string) row {
	return row{key: key, want: func(v view) any {
		if n, ok := v.num(path).(uint64); ok {
			return fmt.Sprintf("0x%x", n)
		}
		return nil
	}}
}

// dev is an ifindex that a peer shows as a name.
func dev(key, path string) row {
	return row{key: key, want: func(v view) any {
		if n, ok := v.num(path).(uint64); ok {
			return v.o.world.link(n)
		}
		return nil
	}}
}
