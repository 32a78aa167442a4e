using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using MimeKit;

namespace Hooks.KernelSource.Patches;

/// <summary>Reads patches: plain diffs, mails (quoted-printable and base64 too), and mboxes of a series.</summary>
public static partial class PatchReader
{
    /// <summary>The longest patch file that is read, in bytes.</summary>
    public const int MaxFile = 16 << 20;

    /// <summary>The patches of a file, in the order in which they are to be applied.</summary>
    /// <exception cref="SourceException">It cannot be read, or there is no patch in it.</exception>
    public static IReadOnlyList<Patch> Read(string path)
    {
        if (Directory.Exists(path)) throw new SourceException($"--patch {path}: this is a folder; give the files in it, in order");
        var file = new FileInfo(path);
        if (!file.Exists) throw new SourceException($"--patch {path}: there is no such file");
        if (file.Length > MaxFile) throw new SourceException($"--patch {path}: {file.Length >> 20} MB long; a patch is below {MaxFile >> 20} MB");
        try
        {
            return Read(Path.GetFileName(path), File.ReadAllBytes(path));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new SourceException($"--patch {path}: cannot be read: {e.Message}", e);
        }
    }

    /// <summary>The patches of some bytes.</summary>
    /// <param name="name">What errors call them.</param>
    /// <param name="bytes">The bytes.</param>
    /// <exception cref="SourceException">There is no patch in them.</exception>
    public static IReadOnlyList<Patch> Read(string name, byte[] bytes)
    {
        if (Array.IndexOf(bytes, (byte)0) >= 0) throw new SourceException($"{name}: there is a zero byte in it; expected a patch");
        var text = Encoding.UTF8.GetString(bytes).Replace("\r\n", "\n", StringComparison.Ordinal);
        var patches = IsMail(text) ? Mails(name, bytes, text) : [new Patch(name, UnifiedDiff.Read(text, name, 1))];
        patches = [.. patches.Where(p => p.Files.Count > 0)];
        if (patches.Count == 0) throw new SourceException($"{name}: there is no patch in it; expected lines '--- a/FILE', '+++ b/FILE', '@@ … @@', as git format-patch or diff -u write them");
        return InOrder(patches);
    }

    private static bool IsMail(string text)
    {
        var first = text.AsSpan().TrimStart('\n');
        var end = first.IndexOf('\n');
        var line = (end < 0 ? first : first[..end]).ToString();
        return line.StartsWith("From ", StringComparison.Ordinal) || Header().IsMatch(line);
    }

    private static List<Patch> Mails(string name, byte[] bytes, string text)
    {
        using var stream = new MemoryStream(bytes);
        var mbox = text.StartsWith("From ", StringComparison.Ordinal);
        var parser = new MimeParser(stream, mbox ? MimeFormat.Mbox : MimeFormat.Entity);
        var found = new List<Patch>();
        while (!parser.IsEndOfStream)
        {
            MimeMessage message;
            try
            {
                message = parser.ParseMessage();
            }
            catch (FormatException e)
            {
                throw new SourceException($"{name}: this is not a mail: {e.Message}", e);
            }

            var subject = message.Subject ?? name;
            foreach (var part in message.BodyParts.OfType<TextPart>().Where(p => p.IsPlain || p.ContentType.MediaSubtype is "x-patch" or "x-diff"))
            {
                var body = part.Text.Replace("\r\n", "\n", StringComparison.Ordinal);
                var files = UnifiedDiff.Read(body, name, LineOf(text, body));
                if (files.Count > 0) found.Add(new Patch(subject.Replace("\n", "", StringComparison.Ordinal), files));
            }

            if (!mbox) break;
        }

        return found;
    }

    /// <summary>The line of a mailbox on which a body begins, as far as it stands there as it is; 1 if not.</summary>
    private static int LineOf(string text, string body)
    {
        var start = body.Length < 40 ? body : body[..40];
        var at = text.IndexOf(start, StringComparison.Ordinal);
        return at < 0 ? 1 : 1 + text.AsSpan(0, at).Count('\n');
    }

    /// <summary>A series in its order, if its subjects say so ([PATCH v4 2/3]); else as it comes.</summary>
    private static List<Patch> InOrder(List<Patch> patches)
    {
        var numbered = patches.ConvertAll(p => (Patch: p, Match: Part().Match(p.Subject)));
        if (patches.Count < 2 || !numbered.TrueForAll(n => n.Match.Success) || numbered.Select(n => n.Match.Groups["of"].Value).Distinct(StringComparer.Ordinal).Count() > 1) return patches;
        return [.. numbered.OrderBy(n => int.Parse(n.Match.Groups["part"].ValueSpan, CultureInfo.InvariantCulture)).Select(n => n.Patch)];
    }

    [GeneratedRegex("^[A-Za-z][A-Za-z0-9-]*: ", RegexOptions.NonBacktracking)]
    private static partial Regex Header();

    [GeneratedRegex("[[ ]0*(?<part>[0-9]{1,4})/0*(?<of>[0-9]{1,4})]", RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture)]
    private static partial Regex Part();
}
