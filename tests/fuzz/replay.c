// replay: runs a fuzzer over files and folders of files, once each. It stands in for libFuzzer
// where the compiler has none, so that every input that ever broke something stays tested.
#include "fuzz.h"

#include <dirent.h>
#include <string.h>
#include <sys/stat.h>

enum {
	MOST_BYTES = 1 << 20
};

static size_t replay_file(const char *path)
{
	static uint8_t bytes[MOST_BYTES];
	FILE *file = fopen(path, "rb");
	if (!file) {
		perror(path);
		exit(1);
	}
	size_t size = fread(bytes, 1, sizeof bytes, file);
	fclose(file);
	uint8_t *exact = malloc(size ? size : 1); // so that reading past the end shows
	memcpy(exact, bytes, size);
	LLVMFuzzerTestOneInput(exact, size);
	free(exact);
	return 1;
}

static size_t replay(const char *path)
{
	struct stat info;
	if (stat(path, &info) != 0) {
		perror(path);
		exit(1);
	}
	if (!S_ISDIR(info.st_mode))
		return replay_file(path);
	size_t count = 0;
	DIR *folder = opendir(path);
	for (struct dirent *entry; folder && (entry = readdir(folder));) {
		char inner[4096];
		if (entry->d_name[0] == '.')
			continue;
		snprintf(inner, sizeof inner, "%s/%s", path, entry->d_name);
		count += replay(inner);
	}
	if (folder)
		closedir(folder);
	return count;
}

int main(int argc, char **argv)
{
	size_t count = 0;
	for (int i = 1; i < argc; i++) {
		if (argv[i][0] != '-') // an option for libFuzzer
			count += replay(argv[i]);
	}
	printf("%zu inputs\n", count);
	return count == 0;
}
