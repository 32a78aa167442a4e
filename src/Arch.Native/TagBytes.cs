using System.Runtime.CompilerServices;
using Hooks.Core.Mm;

namespace Hooks.Arch.Native;

/// <summary>A page's tags as both architectures keep them, two to a byte.</summary>
[InlineArray(PageTags.Granules / 2)]
internal struct TagBytes
{
    private byte _element;

    /// <summary>Of a page; the first tag of two in the high half (sparc) or the low one (arm64, where nobody looks inside).</summary>
    public static TagBytes Of(PageTags tags)
    {
        var bytes = default(TagBytes);
        for (var g = 0; g < PageTags.Granules; g += 2) bytes[g / 2] = (byte)((tags[g] << 4) | tags[g + 1]);
        return bytes;
    }

    /// <summary>Back.</summary>
    public readonly PageTags Tags()
    {
        var tags = default(PageTags);
        for (var g = 0; g < PageTags.Granules; g += 2) tags = tags.With(g, this[g / 2] >> 4).With(g + 1, this[g / 2] & 15);
        return tags;
    }
}
