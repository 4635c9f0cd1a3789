package keyboard

// keys are the numbers of the keys that a layout's texts stand for, as on a keyboard with 105 keys: the row of digits, and the three rows of letters, in the last
// of which the key beside the left Shift comes first.
var keys = []uint32{
	41, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13,
	16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27,
	30, 31, 32, 33, 34, 35, 36, 37, 38, 39, 40, 43,
	86, 44, 45, 46, 47, 48, 49, 50, 51, 52, 53,
}

// layout is what is written on the keys: alone, with Shift, with AltGr and with both. A space is a key that gives nothing of use.
type layout struct {
	levels [4]string
	dead   string // characters whose keys wait for a letter, by which they may become an accent
}

// layouts are those of QEMU's keymaps and of Windows, which TestLayouts holds against them.
var layouts = map[string]layout{
	"en-us": {levels: [4]string{
		"`1234567890-=" + "qwertyuiop[]" + "asdfghjkl;'\\" + " zxcvbnm,./",
		"~!@#$%^&*()_+" + "QWERTYUIOP{}" + "ASDFGHJKL:\"|" + " ZXCVBNM<>?",
	}},
	"en-gb": {levels: [4]string{
		"`1234567890-=" + "qwertyuiop[]" + "asdfghjkl;'#" + "\\zxcvbnm,./",
		"¬!\"£$%^&*()_+" + "QWERTYUIOP{}" + "ASDFGHJKL:@~" + "|ZXCVBNM<>?",
		"    €        ",
	}},
	"de": {dead: "^´`", levels: [4]string{
		"^1234567890ß´" + "qwertzuiopü+" + "asdfghjklöä#" + "<yxcvbnm,.-",
		"°!\"§$%&/()=?`" + "QWERTZUIOPÜ*" + "ASDFGHJKLÖÄ'" + ">YXCVBNM;:_",
		"  ²³   {[]}\\ " + "@ €        ~" + "            " + "|      µ   ",
	}},
	"fr": {dead: "¨", levels: [4]string{
		"²&é\"'(-è_çà)=" + "azertyuiop $" + "qsdfghjklmù*" + "<wxcvbn,;:!",
		" 1234567890°+" + "AZERTYUIOP¨£" + "QSDFGHJKLM%µ" + ">WXCVBN?./§",
		"  ~#{[|`\\^@]}" + "  €        ¤",
	}},
	"es": {dead: "`^´¨", levels: [4]string{
		"º1234567890'¡" + "qwertyuiop`+" + "asdfghjklñ´ç" + "<zxcvbnm,.-",
		"ª!\"·$%&/()=?¿" + "QWERTYUIOP^*" + "ASDFGHJKLÑ¨Ç" + ">ZXCVBNM;:_",
		"\\|@#~ ¬      " + "  €       []" + "          {}",
	}},
	"it": {levels: [4]string{
		"\\1234567890'ì" + "qwertyuiopè+" + "asdfghjklòàù" + "<zxcvbnm,.-",
		"|!\"£$%&/()=?^" + "QWERTYUIOPé*" + "ASDFGHJKLç°§" + ">ZXCVBNM;:_",
		"           `~" + "  €       []" + "         @# ",
		"             " + "          {}",
	}},
}
