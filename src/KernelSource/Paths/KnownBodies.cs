using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Hooks.KernelSource.C;

namespace Hooks.KernelSource.Paths;

/// <summary>A helper as a tree has it.</summary>
/// <param name="Name">The function.</param>
/// <param name="File">Where it is.</param>
/// <param name="Line">Its line.</param>
/// <param name="Hash">Of its tokens.</param>
internal sealed record HelperBody(string Name, string File, int Line, string Hash);

/// <summary>
/// A row of the table of helpers says what a function is that nobody reads. What its body was in the kernels that the rows were checked against is kept as a hash; of
/// another body that is remarked.
/// </summary>
internal static class KnownBodies
{
    /// <summary>Where helpers stand.</summary>
    public static readonly string[] Files =
    [
        "mm/swap_state.c", "mm/swapfile.c", "mm/rmap.c", "mm/swap.c", "mm/memory.c", "mm/page_io.c", "mm/filemap.c", "mm/internal.h", "mm/swap.h",
        "include/linux/swap.h", "include/linux/swapops.h", "include/linux/leafops.h", "include/linux/rmap.h", "include/linux/mm.h", "include/linux/mm_inline.h",
        "include/linux/pgtable.h", "include/linux/userfaultfd_k.h", "include/linux/pagemap.h",
    ];

    private static readonly Lazy<ILookup<string, string>> Table = new(() => HelperTable.Resource("bodies.table").Split('\n')
        .Where(l => l.Length > 0 && l[0] != '#')
        .Select(l => l.Split(' ', StringSplitOptions.RemoveEmptyEntries))
        .ToLookup(w => w[0], w => w[1], StringComparer.Ordinal));

    /// <summary>The bodies of the helpers that were used, as far as they are functions of the usual files.</summary>
    public static IEnumerable<HelperBody> Of(SourceTree tree, IEnumerable<Row> rows)
    {
        foreach (var name in rows.Where(r => r.Role is Role.Step or Role.Query or Role.Pure or Role.Const or Role.Model && r.Name.Length > 0 && !r.IsAsked).Select(r => r.Name).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal))
        {
            foreach (var path in Files)
            {
                if (tree.File(path) is not { } file || !file.Functions.ContainsKey(name)) continue;
                if (BodyOf(tree, file, name) is { } body) yield return body;
                break;
            }
        }
    }

    /// <summary>What a reader of the verdict should know: the helpers whose bodies no checked kernel has. Null if there is none.</summary>
    public static string? Remark(SourceTree tree, IEnumerable<Row> rows)
    {
        var unseen = Unseen(tree, rows).ToList();
        if (unseen.Count == 0) return null;
        return $"the table of helpers was checked against kernels that have other bodies of: {string.Join(", ", unseen.Select(b => string.Create(CultureInfo.InvariantCulture, $"{b.Name}() ({b.File}:{b.Line})")))}";
    }

    /// <summary>The helpers whose bodies no checked kernel has.</summary>
    public static IEnumerable<HelperBody> Unseen(SourceTree tree, IEnumerable<Row> rows) => Of(tree, rows).Where(b => !Table.Value[b.Name].Contains(b.Hash));

    private static HelperBody? BodyOf(SourceTree tree, SourceFile file, string name)
    {
        try
        {
            if (tree.Find(file.Path, name) is not { } function) return null;
            var text = string.Join(' ', Lexer.Read(file.Lines(function.Line, function.EndLine), new Configuration()).Select(t => t.Text));
            return new HelperBody(name, file.Path, function.Line, Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)))[..12]);
        }
        catch (SourceException)
        {
            // It is nobody's business here whether it can be parsed.
            return null;
        }
    }
}
