package xz

import (
	"bytes"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"
	"testing"
)

// packed are streams that xz 5.4 has made, with the options named.
var packed = map[string]string{
	// --check=crc32
	"short": "/Td6WFoAAAFpIt42AgAhARYAAAB0L+WjAQAFaGVsbG8KAAAAIDA6NgABGgbF6sh5kEKZDQEAAAAAAVla",
	"empty": "/Td6WFoAAATm1rRGAAAAABzfRCEftvN9AQAAAAAEWVo=",
	// --check=crc64 --lzma2=dict=1MiB,lc=0,lp=2,pb=0
	"text64": "/Td6WFoAAATm1rRGAgAhARAAAACocI6G4Au3AVkSADYbHRTfEeYDbEjHYBAzGi4VVc1PdPg8R4L3hnd2eaNm2GuX/vvknn++0OQcsu4vX0aa6mxPlNWqaufuc6P8Oe6eyc+I" +
		"lxvlg7IcMpJo+eyWvMqg8qt+TVZGq6XDBmsKQobZmUkEm7ZyY1kCXc0LKQJlL8CNWjrOwEJUjTNCBhYwfeMir+We85IO894BTVSdQ4hU3lt2MpRPoXSj4pNpu8Q2DliL6xX7" +
		"r6eZML6+eTqyUw0jAHvO5ARiue7wEd6O4oklfG06CcLRDIPWtTVVtXVHjHrNviQoURDevWM8lvfbfOlTG5B6ROfUdbJUmGPJzNXyTbjgfLXp7YBoTdkIixi6DOYNUm+M7iY2" +
		"eCUhHBAOtJP0+MweZ/neWM48hrCGQlqVcSEFU038cWEqtEosYylOB0apqM4guIkku85z2BgJ8bpVVEVwfrBLohW+6wHyQJZrhx24xoYoAAAAAAAg+lqgr4TKwwAB9QK4FwAA" +
		"l9xlPbHEZ/sCAAAAAARZWg==",
	// --check=none
	"random": "/Td6WFoAAAD/EtlBAgAhARYAAAB0L+WjAQBZRCCCPP3m8cJrMPkOx90B5Ih1NKIPCw0Ew27YDnHg/XewdnDrlAvVM1+XParYYZuR/8kR9XzO1Fi7vyzgN1PJvfoP8BadyVdW" +
		"dAZmds+wtOuJAsRCadoc9rpmAAAAAAFqWuyOKjQGcp56AQAAAAAAWVo=",
	// --check=crc32 --lzma2=dict=1MiB
	"zeros": "/Td6WFoAAAFpIt42AgAhARAAAACocI6G//8RAWxdAABv/f//o7f/Rz5IFXI5YVG4kijmo4YH+e7kHoLTL8U6PAFLsX7JiopNL6MN2X+m44wjEVPgWRjFdYrid/i2lH8MasDe" +
		"dElk4ulcU7IE2PdEDKtfDW1G6eXDdoi3llestk3haR1v+0uIEGxCy4g/XACP0E6vJiiUcR89jyThcJ6nI1/sKMuF0ZWYin4qkfIndfcZwAaYTZj92K/VkA/EJVP49ZE2MQWl" +
		"sO5vwXBNRwzRkRGqrWAdus6xJxhcWYbpZlJYvul2rFnk5VsFCPnH2q38+1IrdM0eWyBC+d1TPfgpZAk7gMsqbN+1O/DEvS5fqg8+S2ZCkBMO/xCT+HF4WfgLzf+VKEYPqfx8" +
		"3vuaMC5WwI+F84OBwGXEJVP49ZE2MQWlsO5vwXBNRwzRkRGqrWAdus6xJxhcWYbpZlJYvul2rFnk5VsFCPnH2q38+1IrdM0eWyBC+d1TPfgpZAk7gMsqbN+1O/DEvEgn5lif" +
		"/xABKwDsc1On/b6ufDEan7eNMW5wnqcjX+woy4XRlZiKfiqR8id19xnABphNmP3Yr9WQD8QlU/j1kTYxBaWw7m/BcE1HDNGREaqtYB26zrEnGFxZhulmUli+6XasWeTlWwUI" +
		"+cfarfz7Uit0zR5bIEL53VM9+ClkCTuAyyps37U78MS9Ll+qDz5LZkKQEw7/EJP4cXhZ+AvN/5UoRg+p/Hze+5owLlbAj4Xzg4HAZcQlU/j1kTYxBaWw7m/BcE1HDNGREaqt" +
		"YB26zrEnGFxZhulmUli+6XasWeTlWwUI+cfarfz7Uit0zR5bIEL53VM9+ClkCTuAyyps37U78MS9Ll+qDz5LZkKQEw7/EJP4cXhZ+AvN/5UoRg+p/Hze+5owLlbAj4Xzg4HA" +
		"ZcQlUQ8/spAB3ACZAOxzU6f9vq58MRqft40xbnCepyNf7CjLhdGVmIp+KpHyJ3X3GcAGmE2Y/div1ZAPxCVT+PWRNjEFpbDub8FwTUcM0ZERqq1gHbrOsScYXFmG6WZSWL7p" +
		"dqxZ5OVbBQj5x9qt/PtSK3TNHlsgQvndUz34KWQJO4DLKmzftTvwxL0uX6oPPktmQpATDv8Qk/hxeFn4C8zuG78AAAB1szvJAAHUBoCAwAKdZCLsPjANiwIAAAAAAVla",
	// --check=sha256 --block-size=128
	"blocks": "/Td6WFoAAArh+wyhAgAhARYAAAB0L+Wj4AB/AAldADCYiKvnhumAAAAAAABGNev12ZmDfaoZ0i3Q+hBn22WqvQ/VWZaL0lIHep6tpgIAIQEWAAAAdC/lo+AAfwAJXQAxmEiG" +
		"9D/UgAAAAAAA7ZRwpk3ScxjRW08VQAe0aTV3Sg6D9Wqi3aRjpLR4BlsCACEBFgAAAHQv5aPgACsACV0AMRjIXBhGJAAAAAAAAEwujWPvLCLyKn1RLqVR6zMK/TD3sh65XcYG" +
		"S7VgU+t5AAM9gAE9gAE9LAAANc+3DBM6g9cDAAAAAApZWg==",
	// --x86 --lzma2
	"x86": "/Td6WFoAAATm1rRGAgEEACEBFgANhjUf4AAdAAldADCYiKr8BomAAAAAAADvmRgcj2UbDgABJR6vWHoyH7bzfQEAAAAABFla",
}

// text is what "text64" is made of.
func text() string {
	var b strings.Builder
	for i := range 300 {
		fmt.Fprintf(&b, "line %d of a text that repeats itself, %d times\n", i%37, i*i%1013)
	}
	return b.String()[:3000]
}

func mustUnbase64(t testing.TB, s string) []byte {
	t.Helper()
	b, err := base64.StdEncoding.DecodeString(s)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

const limit = 8 << 20

func TestDecode(t *testing.T) {
	for name, want := range map[string]string{
		"short": "hello\n", "empty": "", "text64": text(), "zeros": strings.Repeat("\x00", 5<<20), "blocks": strings.Repeat("abc", 100),
	} {
		got, err := Decode(mustUnbase64(t, packed[name]), limit)
		if err != nil || string(got) != want {
			t.Errorf("%s: got %d bytes, %v, want %d", name, len(got), err, len(want))
		}
	}
	// Random bytes are stored as they are, so they are somewhere in there.
	b := mustUnbase64(t, packed["random"])
	if got, err := Decode(b, limit); err != nil || len(got) != 90 || !bytes.Contains(b, got) {
		t.Errorf("random: got %d bytes, %v, want 90 of the stream", len(got), err)
	}
}

func TestDecodeErrors(t *testing.T) {
	if _, err := Decode(mustUnbase64(t, packed["x86"]), limit); !errors.Is(err, ErrFormat) || !strings.Contains(err.Error(), "other filters than LZMA2") {
		t.Errorf("another filter: got %v", err)
	}
	for _, name := range []string{"zeros", "random", "blocks"} {
		if _, err := Decode(mustUnbase64(t, packed[name]), 80); err == nil || !strings.Contains(err.Error(), "has more than") {
			t.Errorf("%s: got %v, want that it is too much", name, err)
		}
	}
	// A stream that is cut off, anywhere before the index, or has another byte is refused, or the byte was of no use.
	for _, name := range []string{"short", "text64", "blocks"} {
		b := mustUnbase64(t, packed[name])
		want, err := Decode(b, limit)
		if err != nil {
			t.Fatal(err)
		}
		for n := range len(b) - 40 {
			if got, err := Decode(b[:n], limit); err == nil {
				t.Fatalf("%s, %d bytes of it: got %d bytes", name, n, len(got))
			}
		}
		for i := range b {
			other := bytes.Clone(b)
			other[i] ^= 0x10
			if got, err := Decode(other, limit); err == nil && !bytes.Equal(got, want) && name != "blocks" { // whose sums are not looked at
				t.Fatalf("%s, with another byte %d: got %d bytes that are others", name, i, len(got))
			}
		}
	}
}

// FuzzDecode: nothing panics, and nothing is longer than it may be.
func FuzzDecode(f *testing.F) {
	for _, s := range packed {
		f.Add(mustUnbase64(f, s))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		if got, _ := Decode(b, 1<<16); len(got) > 1<<16 {
			t.Errorf("got %d bytes", len(got))
		}
		d := decoder{in: b, limit: 1 << 16} // without the sums that keep most of this from it
		if err := d.chunks(); err == nil && len(d.out) > 1<<16 {
			t.Errorf("got %d bytes", len(d.out))
		}
	})
}
