using System.Globalization;
using System.Text;

namespace Hooks.Lab;

/// <summary>An initial RAM disk with a program added. The kernel unpacks archives that stand one behind the other (Documentation/driver-api/early-userspace/buffer-format.rst).</summary>
internal static class Initramfs
{
    private const int Executable = 0x81ED; // S_IFREG | 0755
    private const int Alignment = 4;

    /// <summary>Writes the archive of an image and, behind it, one with a program.</summary>
    /// <param name="initrd">The image's.</param>
    /// <param name="to">Where to.</param>
    /// <param name="name">The program's name in the guest's root folder.</param>
    /// <param name="program">The program.</param>
    /// <exception cref="LabException">It cannot be written.</exception>
    public static void Add(string initrd, string to, string name, string program)
    {
        try
        {
            File.Copy(initrd, to, overwrite: true);
            using var archive = new FileStream(to, FileMode.Append, FileAccess.Write);
            Pad(archive);
            Entry(archive, name, Executable, File.ReadAllBytes(program));
            Entry(archive, "TRAILER!!!", 0, []);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new LabException($"cannot write {to}: {e.Message}", e);
        }
    }

    /// <summary>The "newc" form: thirteen numbers of eight hexadecimal digits, the name, the content.</summary>
    private static void Entry(FileStream archive, string name, int mode, byte[] content)
    {
        int[] fields = [1, mode, 0, 0, 1, 0, content.Length, 0, 0, 0, 0, name.Length + 1, 0];
        archive.Write(Encoding.ASCII.GetBytes("070701" + string.Concat(fields.Select(f => f.ToString("x8", CultureInfo.InvariantCulture))) + name + "\0"));
        Pad(archive);
        archive.Write(content);
        Pad(archive);
    }

    private static void Pad(FileStream archive)
    {
        while (archive.Position % Alignment != 0) archive.WriteByte(0);
    }
}
