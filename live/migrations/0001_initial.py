import django.db.models.deletion
from common.postgres.storage import QUEUE, KeepAs
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('resources', '0001_initial'),
    ]

    operations = [
        migrations.CreateModel(
            name='StreamTicket',
            fields=[
                ('digest', models.CharField(help_text='SHA-256 of the ticket.', max_length=64, primary_key=True, serialize=False)),
                ('grant', models.TextField(help_text='Sealed: whose it is, and what they may listen to.')),
                ('expires_at', models.DateTimeField(db_index=True)),
            ],
            options={
                'verbose_name': 'ticket',
                'verbose_name_plural': 'tickets',
            },
        ),
        migrations.CreateModel(
            name='Change',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(help_text='One of those that apps have registered.', max_length=30)),
                ('subject_type', models.CharField(blank=True, max_length=30)),
                ('subject_id', models.CharField(blank=True, max_length=50)),
                ('customer_id', models.UUIDField(help_text='The account whose subject it is.', null=True)),
                ('status', models.CharField(blank=True, max_length=20)),
                ('version', models.PositiveIntegerField(null=True)),
                ('is_occupancy', models.BooleanField(default=False, help_text='Other times are free than before.')),
                ('starts_at', models.DateTimeField(null=True)),
                ('ends_at', models.DateTimeField(null=True)),
                ('on', models.DateField(help_text='The date that it is about, where it has no span.', null=True)),
                ('created_at', models.DateTimeField(db_index=True)),
                ('venue', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='resources.venue')),
            ],
            options={
                'verbose_name': 'change',
                'verbose_name_plural': 'changes',
                'ordering': ('id',),
            },
        ),
        KeepAs('Change', QUEUE),
    ]
