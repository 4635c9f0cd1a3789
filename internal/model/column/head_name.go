package column

import (
	"strconv"
	"strings"
)

// HeadName is the name of the file that a drive writes to, without an ending. The first one is called as the drive's bytes are, the others have their
// generation behind: "7-0badcafe.2". Freezing renames nothing: the file becomes a layer, and the next generation is written to.
func HeadName(key int64, id string, generation int64) string {
	name := StorageName(key, id)
	if generation > 0 {
		name += "." + strconv.FormatInt(generation, 10)
	}
	return name
}

// ReadHeadName takes such a name apart; ok is false for one that HeadName doesn't make.
func ReadHeadName(name string) (key int64, id string, generation int64, ok bool) {
	first, number, later := strings.Cut(name, ".")
	if later {
		generation, _ = strconv.ParseInt(number, 10, 64)
	}
	key, id, ok = ReadStorageName(first)
	return key, id, generation, ok && HeadName(key, id, generation) == name
}
