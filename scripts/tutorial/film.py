"""Pictures with the time that each is seen, and the GIF that they become."""
import contextlib
import io

from PIL import Image

COLOURS = 255  # one more is for what does not change


class Film:
    """`now()`: seconds of the clock that the pictures are timed by."""

    def __init__(self, now):
        self._now = now
        self._taken_s = None
        self._pictures = []  # [picture, seconds]

    def take(self, png):
        """From now on this picture is seen."""
        now_s = self._now()
        if self._pictures:
            self._pictures[-1][1] += now_s - self._taken_s
        self._taken_s = now_s
        picture = Image.open(io.BytesIO(png)).convert("RGB")
        if not self._pictures or picture.tobytes() != self._pictures[-1][0].tobytes():
            self._pictures.append([picture, 0])

    @contextlib.contextmanager
    def at_most(self, seconds):
        """What is filmed meanwhile runs faster, if it took longer than that."""
        first = max(0, len(self._pictures) - 1)
        earlier_s = self._pictures[first][1] if self._pictures else 0
        yield
        of_it = self._pictures[first:]
        took_s = sum(shown_s for _, shown_s in of_it) - earlier_s
        if took_s > seconds:
            of_it[0][1] = earlier_s + (of_it[0][1] - earlier_s) * seconds / took_s
            for picture in of_it[1:]:
                picture[1] *= seconds / took_s

    def seconds(self):
        return sum(shown_s for _, shown_s in self._pictures)

    def pictures(self):
        return [picture for picture, _ in self._pictures]

    def save(self, path):
        # One palette of all, so that what does not change has the same colours throughout and
        # takes no room.
        chosen = self.pictures()[::-max(1, len(self._pictures) // 16)]
        width, height = chosen[0].size
        all_of_it = Image.new("RGB", (width, height * len(chosen)))
        for number, picture in enumerate(chosen):
            all_of_it.paste(picture, (0, height * number))
        # The octree keeps colours that little is seen of, as the red of what is not ready.
        palette = all_of_it.quantize(COLOURS, method=Image.Quantize.FASTOCTREE,
                                     dither=Image.Dither.NONE)
        frames = [picture.quantize(palette=palette, dither=Image.Dither.NONE)
                  for picture in self.pictures()]
        # A GIF counts hundredths of a second; what is shorter than two is shown slower.
        milliseconds = [max(20, 10 * round(100 * shown_s)) for _, shown_s in self._pictures]
        frames[0].save(path, save_all=True, append_images=frames[1:], duration=milliseconds,
                       loop=0, optimize=True)
