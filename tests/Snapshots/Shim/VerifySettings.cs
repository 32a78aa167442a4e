using System.Text;

namespace VerifyTests;

/// <summary>Where a test's approved file is, and what is taken out of its text.</summary>
public class VerifySettings
{
    private readonly List<Action<StringBuilder>> scrubbers = [];

    /// <summary>The defaults: beside the source, named after the test.</summary>
    public VerifySettings()
    {
    }

    /// <summary>A copy, which can be changed without changing <paramref name="settings"/>.</summary>
    public VerifySettings(VerifySettings? settings)
    {
        if (settings is null)
            return;

        Directory = settings.Directory;
        FileName = settings.FileName;
        TypeName = settings.TypeName;
        MethodName = settings.MethodName;
        Parameters = settings.Parameters;
        scrubbers.AddRange(settings.scrubbers);
    }

    internal string? Directory { get; private set; }

    internal string? FileName { get; private set; }

    internal string? TypeName { get; private set; }

    internal string? MethodName { get; private set; }

    internal IReadOnlyList<object?>? Parameters { get; private set; }

    /// <summary>The folder of the files, absolute or relative to the test's source.</summary>
    public void UseDirectory(string directory) => Directory = directory;

    /// <summary>The whole name up to <c>.verified.</c>.</summary>
    public void UseFileName(string fileName) => FileName = fileName;

    /// <summary>The name's first part, in place of the class's.</summary>
    public void UseTypeName(string name) => TypeName = name;

    /// <summary>The name's second part, in place of the method's.</summary>
    public void UseMethodName(string name) => MethodName = name;

    /// <summary>The values of a theory's parameters, in their order.</summary>
    public void UseParameters(params object?[] parameters) => Parameters = parameters;

    /// <summary>Changes the text before it is compared. As in Verify, the scrubber added last runs first.</summary>
    public void AddScrubber(Action<StringBuilder> scrubber) => scrubbers.Insert(0, scrubber);

    // Scrubbers first: one that writes \r\n (AppendLine on some systems) must not reach the file.
    internal string Scrub(string text)
    {
        var scrubbed = new StringBuilder(text);
        foreach (var scrubber in scrubbers)
            scrubber(scrubbed);

        return scrubbed.Replace("\r\n", "\n").Replace('\r', '\n').ToString();
    }
}
