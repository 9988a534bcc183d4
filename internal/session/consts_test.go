package session_test

import "testing"

// The constants of a spec that is loaded later are there too, by the rules of
// YNL where the spec is the source of the kernel's header.
func TestConstantsOfLoadedSpec(t *testing.T) {
	reg := registry()
	if _, ok := reg.Constants().Lookup("PET_CMD_GET"); ok {
		t.Fatal("too early")
	}
	_, err := reg.Load([]byte(`
name: pet
protocol: genetlink
definitions:
  - {name: kind, type: enum, entries: [cat, dog]}
  - {name: mood, type: flags, name-prefix: pet-m-, entries: [happy, {name: tired, c-name: PET_Tired}]}
attribute-sets:
  - {name: pet, attributes: [{name: the-name, type: string}]}
  - {name: toy, attributes: [{name: size, type: u32, value: 4}]}
operations:
  list: [{name: get, attribute-set: pet, do: {request: {attributes: [the-name]}}}, {name: lost-ntf, attribute-set: pet, event: {attributes: [the-name]}}]
`), "pet.yaml")
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]int64{
		"PET_CMD_GET": 1, "PET_CMD_LOST_NTF": 2, "PET_KIND_DOG": 1, "PET_M_HAPPY": 1, "PET_Tired": 2, "PET_A_THE_NAME": 1, "PET_A_TOY_SIZE": 4, "RTM_NEWLINK": 16,
	} {
		if got, ok := reg.Constants().Lookup(name); !ok || got != want {
			t.Errorf("%s: got %d, %v, want %d", name, got, ok, want)
		}
	}
}
