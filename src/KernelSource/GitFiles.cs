using System.Diagnostics;
using System.Text;

namespace Hooks.KernelSource;

/// <summary>The files of a revision, read through git; the working tree is not looked at.</summary>
public sealed class GitFiles : IKernelFiles
{
    private readonly string _folder;
    private readonly string _revision;

    private GitFiles(string folder, string revision)
    {
        _folder = folder;
        _revision = revision;
    }

    /// <inheritdoc/>
    public string Name => $"{_folder}@{_revision}";

    /// <summary>The files that <c>--source DIR</c> or <c>--source DIR@REVISION</c> names.</summary>
    /// <exception cref="SourceException">There is no such folder or revision.</exception>
    public static IKernelFiles Of(string source)
    {
        var at = source.LastIndexOf('@');
        if (at <= 0 || Directory.Exists(source)) return new FolderFiles(source);
        var (folder, revision) = (source[..at], source[(at + 1)..]);
        _ = new FolderFiles(folder);
        if (revision.Length == 0 || revision[0] == '-') throw new SourceException($"--source {source}: expected a revision behind '@', as in DIR@v6.12");
        var files = new GitFiles(folder, revision);
        if (files.Git("rev-parse", "--verify", "--quiet", revision + "^{commit}") is null) throw new SourceException($"--source {source}: git knows no revision '{revision}' in {folder}");
        return files;
    }

    /// <inheritdoc/>
    public string? Read(string path) => Git("show", $"{_revision}:{path}");

    private string? Git(params ReadOnlySpan<string> arguments)
    {
        var start = new ProcessStartInfo("git") { UseShellExecute = false, RedirectStandardOutput = true, RedirectStandardError = true, StandardOutputEncoding = Encoding.UTF8 };
        start.ArgumentList.Add("-C");
        start.ArgumentList.Add(_folder);
        foreach (var argument in arguments) start.ArgumentList.Add(argument);
        try
        {
            using var git = Process.Start(start)!;
            git.ErrorDataReceived += static (_, _) => { };
            git.BeginErrorReadLine();
            var text = new StringBuilder();
            var buffer = new char[1 << 16];
            for (int read; (read = git.StandardOutput.Read(buffer)) > 0;)
            {
                if (text.Length + read > SourceTree.MaxFile)
                {
                    git.Kill();
                    throw FolderFiles.TooLong(Name, text.Length + read);
                }

                text.Append(buffer, 0, read);
            }

            git.WaitForExit();
            return git.ExitCode == 0 ? text.ToString() : null;
        }
        catch (System.ComponentModel.Win32Exception e)
        {
            throw new SourceException($"--source {Name}: git cannot be run: {e.Message}", e);
        }
    }
}
