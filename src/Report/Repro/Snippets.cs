using System.Reflection;

namespace Hooks.Report.Repro;

/// <summary>
/// The parts of C that programs are put together from, the files of the folder C. A part says in its first lines what it needs: <c>//include</c> headers,
/// <c>//needs</c> other parts, which then stand before it.
/// </summary>
internal sealed class Snippets
{
    private readonly List<string> _texts = [];
    private readonly HashSet<string> _there = new(StringComparer.Ordinal);
    private readonly List<string> _names = [];
    private readonly SortedSet<string> _headers = new(StringComparer.Ordinal);

    /// <summary>What the parts include, in order.</summary>
    public IEnumerable<string> Headers => _headers;

    /// <summary>The names of the parts, in the order of their texts.</summary>
    public IEnumerable<string> Names => _names;

    /// <summary>Whether a part is there.</summary>
    public bool Has(string name) => _there.Contains(name);

    /// <summary>The parts, each once, in an order in which each stands behind what it needs.</summary>
    public IEnumerable<string> Texts => _texts;

    /// <summary>Adds a part, and what it needs.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="places">Words of the part, and what stands in their place.</param>
    public void Need(string name, params (string Word, IEnumerable<string> Lines)[] places)
    {
        if (!_there.Add(name)) return;
        var text = new List<string>();
        foreach (var line in Read(name))
        {
            if (line.StartsWith("//include ", StringComparison.Ordinal)) _headers.UnionWith(line.Split(' ')[1..]);
            else if (line.StartsWith("//needs ", StringComparison.Ordinal)) Array.ForEach(line.Split(' ')[1..], needed => Need(needed));
            else if (places.FirstOrDefault(p => p.Word == line.Trim()) is { Word: { } word, Lines: { } lines }) text.AddRange(lines.Select(l => l.Length == 0 ? l : line.Replace(word, l, StringComparison.Ordinal)));
            else text.Add(line);
        }

        _names.Add(name);
        _texts.Add(string.Join('\n', text).Trim('\n'));
    }

    private static string[] Read(string name)
    {
        using var stream = Assembly.GetExecutingAssembly().GetManifestResourceStream($"Repro.{name}.c") ?? throw new ArgumentException($"no part {name}", nameof(name));
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd().Split('\n');
    }
}
